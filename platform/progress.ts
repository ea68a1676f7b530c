/**
 * Long work made visible: a bar on a terminal, a plain line every tenth elsewhere (so that a log
 * file stays short), nothing when silent. It writes to the stream given and nowhere else.
 */
import cliProgress from 'cli-progress';

export interface Progress {
  /** How much is done, in the unit of `total`. */
  update(done: number): void;
  /** Ends it; what was shown stays. */
  stop(): void;
}

export interface ProgressOptions {
  label: string;
  total: number;
  stream: NodeJS.WritableStream & { isTTY?: boolean };
  silent: boolean;
}

/** So many lines where there is no terminal. */
const LINES = 10;

export function openProgress(options: ProgressOptions): Progress {
  if (options.silent) return { update: () => undefined, stop: () => undefined };
  return options.stream.isTTY === true ? openBar(options) : openLines(options);
}

function openBar(options: ProgressOptions): Progress {
  const bar = new cliProgress.SingleBar({
    format: `${options.label} [{bar}] {percentage}% | {value}/{total} | {eta_formatted}`,
    stream: options.stream,
    hideCursor: true,
    clearOnComplete: false,
  });
  bar.start(options.total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}

function openLines(options: ProgressOptions): Progress {
  const { label, total, stream } = options;
  let printed = 0;
  let last = 0;
  const print = (done: number): void => {
    stream.write(`${label}: ${done}/${total}\n`);
  };
  return {
    update: (done) => {
      last = done;
      const lines = total > 0 ? Math.floor((done * LINES) / total) : 0;
      if (lines <= printed) return;
      printed = lines;
      print(done);
    },
    stop: () => {
      if (last < total || total === 0) print(last);
    },
  };
}
