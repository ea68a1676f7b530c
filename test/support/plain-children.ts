/**
 * Loaded before every test file that tap runs (.taprc): lets the processes that tests start run as
 * users run them. tap puts its recorder of loaded files into the NODE_OPTIONS of all of them, where it
 * hooks the module loader of each process and of each of its threads, turns source maps on and takes
 * part in how signals end them; a gateway then needs twice the processor time to start. Coverage,
 * which the recorder is for, is off here. Other options in NODE_OPTIONS stay.
 */
import { addListener } from 'process-on-spawn';

/** As tap writes it: quoted, since a path may hold a space. */
const RECORDER = /"--import=[^"]*\/@tapjs\/processinfo\/[^"]*"/g;

// tap's own listener came first, so this one has the last word.
addListener((options) => {
  const { NODE_OPTIONS: nodeOptions, ...others } = options.env;
  const kept = (nodeOptions ?? '').replace(RECORDER, '').trim();
  options.env = kept === '' ? others : { ...others, NODE_OPTIONS: kept };
});
