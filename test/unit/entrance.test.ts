import { describe, expect, test } from 'vitest';
import { entranceFindings, entranceNotices } from '../../src/core/rollout/entrance.ts';
import type { Entrance } from '../../src/core/types.ts';
import { aPlan, aQuietService } from './build.ts';

const OPEN: Entrance = { ingress: 'all', hasProxy: false, hasAddresses: true };

function said(
  entrance: Partial<Entrance>,
  how: { hosted: boolean; plan?: Parameters<typeof aPlan>[0] },
) {
  const service = aQuietService({ entrance: { ...OPEN, ...entrance } });
  const plan = aPlan(how.plan);
  return {
    findings: entranceFindings(service, plan, how.hosted),
    notices: entranceNotices(service, plan, how.hosted),
  };
}

describe.each(['internal', 'internal-and-cloud-load-balancing', 'something-new'])(
  'ingress %s',
  (ingress) => {
    test("keeps GitHub's own runners out, and that is said before anything is changed", () => {
      const { findings, notices } = said({ ingress }, { hosted: true });
      expect(findings).toMatchObject([{ subject: 'ingress', value: ingress }]);
      expect(findings[0]?.advice).toContain('self-hosted runner inside the VPC');
      expect(findings[0]?.advice).toContain("smoke_path: 'off'");
      expect(notices).toEqual([]);
    });

    test('may let a runner of their own in, so it is only mentioned', () => {
      const { findings, notices } = said({ ingress }, { hosted: false });
      expect(findings).toEqual([]);
      expect(notices).toEqual([expect.stringContaining(`Ingress of the service is ${ingress}`)]);
    });

    test('does not matter without a smoke test', () => {
      const nothing = { findings: [], notices: [] };
      expect(said({ ingress }, { hosted: true, plan: { smoke: null } })).toEqual(nothing);
    });
  },
);

test('an open service gives no reason for a word', () => {
  expect(said({}, { hosted: true })).toEqual({ findings: [], notices: [] });
});

test('addresses that are switched off leave the tag without one, wherever the runner is', () => {
  for (const hosted of [true, false]) {
    expect(said({ hasAddresses: false }, { hosted }).findings).toMatchObject([
      { subject: 'default URL', advice: expect.stringContaining('--default-url') },
    ]);
  }
});

test('a proxy in front is mentioned: a token for the right audience may pass it', () => {
  const { findings, notices } = said({ hasProxy: true }, { hosted: true });
  expect(findings).toEqual([]);
  expect(notices).toEqual([expect.stringContaining('smoke_audience')]);
});
