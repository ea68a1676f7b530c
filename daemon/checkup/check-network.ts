/** Whether the way to headquarters is open: its name, its port, its certificate. */
import { ok, warning, type CheckFinding } from './check-finding.ts';

export type Route =
  | { type: 'open'; address: string }
  | { type: 'nameUnknown'; reason: string }
  | { type: 'closed'; address: string; reason: string }
  | { type: 'untrusted'; address: string; reason: string };

export interface NetworkReading {
  host: string;
  port: number;
  route: Route;
}

/** `read` is undefined where the gateway does not go there. */
export function checkNetwork(read: NetworkReading | undefined): CheckFinding[] {
  if (read === undefined) return [ok('network', 'nobody is called')];
  const { host, port, route } = read;
  switch (route.type) {
    case 'open':
      return [ok('network', `${host}:${port} answers (${route.address})`)];
    case 'nameUnknown': {
      const message = `The name ${host} of headquarters has no address here (${route.reason}).`;
      const hint = `look at the network and the name server: \`getent hosts ${host}\`. Sales go on`;
      return [warning('network', 'HQ_UNREACHABLE', { message, hint })];
    }
    case 'closed':
      return [warning('network', 'HQ_UNREACHABLE', closedText(read, route))];
    case 'untrusted': {
      const message = `${host}:${port} answers, and its certificate is not trusted (${route.reason}).`;
      const hint =
        'see that the clock is right, and that the certificate at headquarters is valid for that name';
      return [warning('network', 'HQ_UNREACHABLE', { message, hint })];
    }
  }
}

const closedText = (
  { host, port }: NetworkReading,
  { address, reason }: { address: string; reason: string },
): string => `${host}:${port} (${address}) takes no connection: ${reason}.`;
