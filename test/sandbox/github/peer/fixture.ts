/** emulate@0.12.2: another fake of GitHub, by other people. One repository, commit and pull request. */
import { createServer } from 'node:net';
import type { Octokit } from '@octokit/rest';
import { createEmulator } from 'emulate';
import { onTestFinished } from 'vitest';
import { REPO, silentOctokit } from '../fixture.ts';

export const PEER_TOKEN = 'ghp_peer';

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => {
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise((done) => {
    probe.close(done);
  });
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

/** What both sides know: one repository with one commit and one pull request, number 1. */
export type Side = { readonly octokit: Octokit; readonly sha: string };

export async function startPeer(): Promise<Side & { readonly url: string }> {
  const peer = await createEmulator({
    service: 'github',
    port: await freePort(),
    seed: {
      tokens: { [PEER_TOKEN]: { login: REPO.owner, scopes: ['repo'] } },
      github: {
        users: [{ login: REPO.owner }],
        repos: [{ owner: REPO.owner, name: REPO.repo, auto_init: true }],
      },
    },
  });
  onTestFinished(() => peer.close());
  const octokit = silentOctokit(peer.url, PEER_TOKEN);
  const main = await octokit.git.getRef({ ...REPO, ref: 'heads/main' });
  const { sha } = main.data.object;
  await octokit.issues.create({ ...REPO, title: 'Something to comment on' });
  return { octokit, sha, url: peer.url };
}
