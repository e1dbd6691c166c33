/** `npm run waits`: a rollout of 24 hours in virtual time, by each way to wait for it. */
import { HEAD, IN_A_JOB, WAYS, costOf, lineOf } from './waits.ts';

console.log(HEAD);
for (const way of [IN_A_JOB, ...WAYS]) console.log(lineOf(await costOf(way)));
console.log('billed: runner minutes, each job rounded up. A job of GitHub’s own ends after 360.');
console.log('harm: from the first bad answer at 20 % until the old split is asked for.');
