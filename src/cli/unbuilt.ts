/** Commands that the contract fixes and this version does not have: absent from the help, exit 2 when used. */
export const UNBUILT_COMMANDS: readonly string[] = [
  'keep',
  'unkeep',
  'drain',
  'watch',
  'tasks',
  'network',
  'invite',
  'join',
  'revoke',
  'audit',
  'completion',
];
