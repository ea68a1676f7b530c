/** The device of a session, which is named `deviceId/clientId`. */
export function deviceOf(sessionName: string): string {
  return sessionName.slice(0, sessionName.indexOf('/'));
}
