/** The words that a person or a test says to a simulated printer. */
import { SLOW_PART } from './simulated-model.ts';
import type { SimulatedPrinter } from './simulated-printer.ts';

export const PRINTER_COMMANDS: Readonly<Record<string, string>> = {
  paper: '`paper out|low|ok`, `paper out after N lines`',
  cover: '`cover open|close`',
  cutter: '`cutter jam|free`: the next cut fails',
  overheat: '`overheat` until `cool`',
  cool: 'ends `overheat`',
  power: '`power off|on`: forgets what it has received',
  unplug: 'pulls the cable; what was received stays in the printer',
  plug: 'puts the cable back',
  silent: '`silent on|off`: answers nothing',
  garbage: '`garbage N`: sends N bytes that mean nothing',
  slow: '`slow on|off`: prints at a twentieth of its speed',
  tear: 'tears off what hangs out, for printers without a knife',
  feed: '`feed press|release`: the feed button',
  drawer: '`drawer open|close|lock|unlock`, `drawer wiring high|low`',
  status: 'says how the printer is',
};

const GARBAGE_BYTES_MAX = 1_000_000;

export function runPrinterScript(printer: SimulatedPrinter, line: string): string {
  const [word = '', value = '', ...rest] = line.trim().toLowerCase().split(/\s+/);
  const answer = machineWord(printer, word, [value, ...rest]) ?? lifeWord(printer, word, value);
  if (answer !== undefined) {
    printer.changed();
    return answer;
  }
  const help = Object.entries(PRINTER_COMMANDS).map(([name, text]) => `  ${name}: ${text}`);
  return ['There are these words:', ...help].join('\n');
}

/** Paper, drawer, and what coverWord knows. */
function machineWord(
  printer: SimulatedPrinter,
  word: string,
  [value = '', ...rest]: readonly string[],
): string | undefined {
  const { machine } = printer;
  switch (`${word} ${value}`.trim()) {
    case 'paper out':
      return paperOut(printer, rest);
    case 'paper low':
      machine.paper = 'low';
      return 'The paper runs low.';
    case 'paper ok':
      machine.paper = 'ok';
      return 'There is paper.';
    case 'tear':
      printer.mechanism.tear();
      return 'Torn off.';
    default:
      return word === 'drawer'
        ? printer.drawer.command(value, rest[0])
        : coverWord(printer, word, value);
  }
}

/** Cover, cutter, head, feed button. */
function coverWord(printer: SimulatedPrinter, word: string, value: string): string | undefined {
  const { machine } = printer;
  switch (`${word} ${value}`.trim()) {
    case 'cover open':
      machine.isCoverOpen = true;
      return 'The cover is open.';
    case 'cover close':
      machine.isCoverOpen = false;
      return 'The cover is closed.';
    case 'cutter jam':
      machine.cutter = 'jammed';
      return 'The next cut will jam.';
    case 'cutter free':
      if (machine.cutter === 'jammed') machine.cutter = 'ok';
      return 'The cutter is free; after a failed cut the printer waits for DLE ENQ.';
    case 'overheat':
      machine.isHot = true;
      return 'The print head is too hot.';
    case 'cool':
      machine.isHot = false;
      return 'The print head has cooled down.';
    case 'feed press':
      machine.isFeeding = true;
      return 'The feed button is pressed.';
    case 'feed release':
      machine.isFeeding = false;
      return 'The feed button is released.';
    default:
      return undefined;
  }
}

function paperOut(printer: SimulatedPrinter, [after, count]: readonly string[]): string {
  const lines = after === 'after' ? Number(count) : 0;
  if (Number.isSafeInteger(lines) && lines > 0) {
    printer.mechanism.linesUntilOut = lines;
    return `The paper ends after ${lines} more lines.`;
  }
  printer.machine.paper = 'out';
  return 'The paper is out.';
}

/** Power, cable and manners. */
function lifeWord(printer: SimulatedPrinter, word: string, value: string): string | undefined {
  switch (`${word} ${value}`.trim()) {
    case 'power off':
      printer.powerOff();
      return 'The printer is off.';
    case 'power on':
      printer.powerOn();
      return 'The printer starts.';
    case 'unplug':
      printer.unplug();
      return 'The cable is out.';
    case 'plug':
      printer.plug();
      return 'The cable is in.';
    case 'silent on':
    case 'silent':
      printer.isSilent = true;
      return 'The printer answers nothing.';
    case 'silent off':
      printer.isSilent = false;
      return 'The printer answers.';
    case 'slow on':
    case 'slow':
      printer.mechanism.speedPart = SLOW_PART;
      return 'The printer is slow.';
    case 'slow off':
      printer.mechanism.speedPart = 1;
      return 'The printer has its full speed.';
    case 'status':
      return describe(printer);
    default:
      return word === 'garbage' ? garbage(printer, Number(value)) : undefined;
  }
}

function garbage(printer: SimulatedPrinter, count: number): string | undefined {
  if (!Number.isSafeInteger(count) || count < 1 || count > GARBAGE_BYTES_MAX) return undefined;
  printer.sendNoise(count);
  return `Sent ${count} bytes that mean nothing.`;
}

function describe(printer: SimulatedPrinter): string {
  const { machine, pieces, hanging } = printer;
  return [
    `power ${printer.isOn ? 'on' : 'off'}, paper ${machine.paper}, cutter ${machine.cutter}`,
    `cover ${machine.isCoverOpen ? 'open' : 'closed'}, drawer ${printer.drawer.isOpen ? 'open' : 'closed'}`,
    `${pieces.length} pieces cut, ${hanging.length} lines hang out`,
  ].join('\n');
}
