/**
 * The shipped reporter against two fakes of GitHub: the sandbox's, which checks every body against
 * GitHub's published description and counts bytes, and one that nobody here has written.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { commentOf } from '../../src/core/report/report-comment.ts';
import { renderCheck } from '../../src/core/report/report.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { SITUATIONS } from '../report-situations.ts';
import { REPO } from '../sandbox/github/fixture.ts';
import { PEER_TOKEN, startPeer } from '../sandbox/github/peer/fixture.ts';
import type { Side } from '../sandbox/github/peer/fixture.ts';
import { at, startForge } from './github-forge-fixture.ts';
import { closeServers, NAME, startGithub } from './github-fixture.ts';

afterAll(closeServers);

const LONG = 10_000;
const MOST_BYTES = 65_535;

/** 51 stages, and names that no service has. */
function endless(text: string): Report {
  const base = SITUATIONS['restored on errors'];
  const [first] = base.stages;
  const failed = base.stages.find(({ judgement }) => judgement?.verdict === 'fail');
  if (first === undefined || failed === undefined) throw new Error('No failed stage');
  const { judgement } = failed;
  const checks = judgement?.checks.map((check) => ({ ...check, why: text })) ?? [];
  const stage = {
    ...failed,
    note: text,
    judgement: judgement && { ...judgement, why: text, checks },
  };
  return {
    ...base,
    why: text,
    canary: text,
    commit: text,
    tag: text,
    image: text,
    served: { [text]: 20, [base.stable]: 80 },
    stages: [first, ...Array.from({ length: 50 }, (_, i) => ({ ...stage, percent: i + 1 }))],
    notices: Array.from({ length: 30 }, (_, i) => `${i} ${text}`),
  };
}

const REPORTS: readonly (readonly [string, Report])[] = [
  ...Object.entries(SITUATIONS),
  ...['x', 'ä', '🎉', '`', '|', '@a ', '\u202e'].map((piece): readonly [string, Report] => [
    `51 stages, and names of 10,000 characters like ${JSON.stringify(piece)}`,
    endless(piece.repeat(Math.ceil(LONG / piece.length))),
  ]),
];

async function shownBy({ octokit, sha }: Side) {
  const list = await octokit.checks.listForRef({ ...REPO, ref: sha, filter: 'all' });
  return list.data.check_runs.map(({ name, status, conclusion, output }) => ({
    name,
    status,
    conclusion,
    output: { title: output.title, summary: output.summary, text: output.text },
  }));
}

function expected(report: Report) {
  const { title, summary, text, status, conclusion } = renderCheck(report);
  return { name: NAME, status, conclusion, output: { title, summary, text } };
}

describe('the sandbox, by the published description, takes the report', () => {
  test.each(REPORTS)('%s', async (_name, report) => {
    const github = await startGithub();
    const reporter = github.open({ render: renderCheck });
    await reporter.update(report);
    await reporter.flush();
    expect(github.said).toEqual([]);
    // What is too long in bytes would have been refused, or cut without a word.
    expect(github.runs.map(({ output }) => output)).toEqual([expected(report).output]);
    const { summary, text } = github.runs[0]!.output;
    for (const part of [summary, text]) {
      expect(Buffer.byteLength(part ?? '')).toBeLessThanOrEqual(MOST_BYTES);
    }
  });
});

describe('a fake that nobody here has written', () => {
  test('shows one check run of a rollout, brought up to date, and found again by the next attempt', async () => {
    const peer = await startPeer();
    const github = await startGithub();
    const open = () =>
      github.open({
        apiUrl: peer.url,
        token: PEER_TOKEN,
        headSha: peer.sha,
        render: renderCheck,
      });
    const first = open();
    await first.update(SITUATIONS.running);
    await first.flush();
    expect(await shownBy(peer)).toEqual([expected(SITUATIONS.running)]);
    const second = open();
    await second.update(SITUATIONS.promoted);
    await second.flush();
    expect(await shownBy(peer)).toEqual([expected(SITUATIONS.promoted)]);
    const again = open();
    const [, longest] = REPORTS.at(-1)!;
    await again.update(longest);
    await again.flush();
    expect(await shownBy(peer)).toEqual([expected(longest)]);
    expect(github.said).toEqual([]);
  });

  test('shows one comment on the pull request that brought the commit, brought up to date', async () => {
    const peer = await startPeer();
    const forge = await startForge();
    const writer = forge.openComment({
      apiUrl: peer.url,
      token: PEER_TOKEN,
      headSha: peer.sha,
      fetch: withPullsOf(peer.sha),
    });
    const [before, after] = [SITUATIONS.running, SITUATIONS['restored on errors']].map((report) =>
      commentOf(report, 'always', report.runUrl)!,
    );
    writer.tell(before!);
    await writer.flush();
    writer.tell(after!);
    await writer.flush();
    const comments = await peer.octokit.issues.listComments({ ...REPO, issue_number: 1 });
    expect(comments.data.map(({ body }) => body)).toEqual([`${forge.mark}${after!.body}`]);
    expect(forge.notices).toEqual([]);
  });

  test('has no Deployments, which is one notice', async () => {
    const peer = await startPeer();
    const forge = await startForge();
    const writer = forge.openDeployment({
      apiUrl: peer.url,
      token: PEER_TOKEN,
      headSha: peer.sha,
      jobShas: [peer.sha],
    });
    for (const state of ['in_progress', 'success'] as const) {
      writer.tell(at(state));
      await writer.flush();
    }
    expect(forge.notices).toEqual([expect.stringContaining('goes on without it')]);
  });
});

/** It does not know which pull requests a commit belongs to; all else it is asked itself. */
function withPullsOf(sha: string): typeof globalThis.fetch {
  const repo = { full_name: `${REPO.owner}/${REPO.repo}` };
  const pulls = [{ number: 1, state: 'open', head: { sha }, base: { repo }, merged_at: null }];
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    return new URL(url).pathname.endsWith(`/commits/${sha}/pulls`)
      ? Response.json(pulls)
      : fetch(input, init);
  };
}
