import { describe, expect, test } from 'vitest';
import { tokenProblem } from '../../src/edges/google-auth-problem.ts';

describe('a token service whose certificate is not trusted', () => {
  test.each([
    ['on the error', { code: 'SELF_SIGNED_CERT_IN_CHAIN', config: {} }],
    ['on its cause', { config: {}, cause: { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' } }],
  ])('is named as that, not as a service that is down: the code stands %s', (_, error) => {
    const problem = tokenProblem(error, 'identity');
    expect(problem.summary).toBe(
      'GitHub cannot be reached safely: the certificate of the server is not trusted.',
    );
    expect(problem.advice).toContain('NODE_EXTRA_CA_CERTS');
  });

  test('is told from a connection that broke', () => {
    const problem = tokenProblem({ code: 'ECONNRESET', config: {} }, 'exchange');
    expect(problem.summary).toContain('did not answer');
    expect(problem.advice).toContain('Re-run');
  });
});
