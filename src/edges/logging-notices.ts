/** Why errors are counted by Cloud Monitoring alone. Each is said once. */
import { grantOnProject } from '../core/doctor/commands.ts';

const INSTEAD = 'errors are counted by Cloud Monitoring alone, which is some minutes behind.';

export const SAYS = {
  denied: (project: string) =>
    `The request log may not be read (logging.logEntries.list is missing), so ${INSTEAD} With roles/logging.viewer on the project a bad canary is undone sooner: ${grantOnProject('roles/logging.viewer', project)}`,
  refused: (why: string) => `The request log cannot be read, so ${INSTEAD} ${why}`,
  failed: (why: string) =>
    `The request log could not be read. Until it can be, ${INSTEAD} The reason: ${why}`,
  limited:
    'Cloud Logging may not be read more often for a while: the quota of this project is used up.',
  crowded: `The request log holds more errors than one look may read. Until it has caught up, ${INSTEAD}`,
  lacking: `The request log lacks most of the server errors that Cloud Monitoring counted: it is excluded or sampled. So ${INSTEAD}`,
  behind: `The request log was not read in time for all rows. For the rest of this rollout ${INSTEAD}`,
} as const;
