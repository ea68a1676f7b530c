/** Reads a Dockerfile into its stages, as far as ours uses the language. */

export type Instruction = { name: string; argument: string };

const KNOWN = new Set(
  'FROM WORKDIR COPY RUN ENV USER VOLUME EXPOSE HEALTHCHECK STOPSIGNAL ENTRYPOINT CMD'.split(' '),
);

/** One list of instructions a FROM. */
export function readDockerfile(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const line of logicalLines(text)) {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, argument: rest.join(' ').trim() });
  }
  return stages;
}

/** Lines that are no instruction we know. */
export function checkNothingLeft(text: string): string[] {
  return logicalLines(text).filter((line) => !KNOWN.has(line.split(' ')[0] ?? ''));
}

/** Without comments and empty lines, continued lines joined. */
function logicalLines(text: string): string[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
