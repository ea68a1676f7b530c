/** Whether the gateway runs and answers, and what it says of its own health. */
import type { GatewayStatus } from '../control/gateway-status.ts';
import type { Attempt } from './attempt.ts';
import { failed, ok, warning, type CheckFinding } from './check-finding.ts';

export interface DaemonReading {
  /** What the control socket answered; undefined where nobody listens. */
  status: Attempt<GatewayStatus | undefined>;
  /** A process holds the home. */
  isLocked: boolean;
  /** The process that took the home last, as its file says. */
  lastHolder: string | undefined;
  /** A control socket was left behind. */
  hasSocket: boolean;
}

export function checkDaemon(read: DaemonReading): CheckFinding[] {
  const { status, isLocked, lastHolder, hasSocket } = read;
  const who = lastHolder === undefined ? 'A process' : `Process ${lastHolder}`;
  if (!status.ok) {
    const { code, message } = status.error;
    const hint = `look at its log; if it stays silent, end it (\`systemctl restart tillgate\`, or \`kill ${lastHolder ?? 'PROCESS'}\`): what was accepted is on the disk`;
    if (code !== 'CONTROL_TIMEOUT') return [failed('daemon', code, message)];
    const silent = `${isLocked ? who : 'A process'} runs the gateway and does not answer.`;
    return [failed('daemon', code, { message: silent, hint })];
  }
  if (status.value !== undefined) {
    const { process, startedAt } = status.value;
    const message = `running since ${startedAt ?? 'unknown'}, process ${process ?? 'unknown'}`;
    return [ok('daemon', message, { process, startedAt })];
  }
  if (isLocked) {
    const message = `${who} uses the home, and no gateway answers.`;
    const hint =
      'a gateway that is starting, or a command that writes: run this again in a moment, and see what that process is if it stays';
    return [warning('daemon', 'HOME_LOCKED', { message, hint })];
  }
  const ended = hasSocket
    ? `It was killed or its machine lost power${lastHolder === undefined ? '' : ` (process ${lastHolder})`}; nothing accepted is lost by that.`
    : '';
  return [warning('daemon', 'DAEMON_STOPPED', `The gateway is not running. ${ended}`.trim())];
}

export interface HealthReading {
  address: string;
  /** Undefined where no answer came; `reason` then says why. */
  answer: { status: number; body: string } | undefined;
  reason?: string;
}

/** `read` is undefined while the gateway is down. */
export function checkHealth(read: HealthReading | undefined): CheckFinding[] {
  if (read === undefined) return [ok('health', 'told by the running gateway alone')];
  const { address, answer, reason } = read;
  if (answer === undefined) {
    const message = `${address} does not answer (${reason ?? 'no reason told'}).`;
    return [failed('health', 'HEALTH_FAILING', message)];
  }
  if (answer.status === 200) return [ok('health', `${address} says ok`)];
  const what = failingParts(answer.body);
  const message = `${address} says ${answer.status}${what === '' ? '' : `: ${what}`}.`;
  return [failed('health', 'HEALTH_FAILING', message)];
}

/** `disk: 12 MiB free` for each part that is not well. */
function failingParts(body: string): string {
  try {
    const { checks } = JSON.parse(body) as {
      checks?: Record<string, { ok?: boolean; detail?: string }>;
    };
    return Object.entries(checks ?? {})
      .filter(([, { ok: isOk }]) => isOk !== true)
      .map(([name, { detail }]) => `${name}: ${detail ?? 'not well'}`)
      .join('; ');
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return '';
    throw error;
  }
}
