import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProject, parseRegion, parseService, parseTag } from '../../src/core/inputs/names.ts';
import { HOSTILE } from './hostile-names.ts';

describe('service', () => {
  test.each(['a', 'web', 'web-2', 'constructor', 'a'.repeat(49)])('%s is a name', (text) => {
    expect(parseService(text)).toEqual({ ok: true, value: { service: text, home: null } });
  });

  test('a full name says where the service lives', () => {
    expect(parseService('projects/demo/locations/europe-west1/services/web')).toEqual({
      ok: true,
      value: { service: 'web', home: { project: 'demo', region: 'europe-west1' } },
    });
  });

  test.each([
    ...HOSTILE.filter((text) => !text.includes('/')),
    'Web',
    'web_2',
    '2web',
    'web-',
    '-web',
  ])('%j is refused', (text) => {
    const parsed = parseService(text);
    expect(parsed).toMatchObject({
      ok: false,
      faults: [{ value: text, advice: expect.stringContaining('gcloud run services list') }],
    });
  });

  test.each([
    'a/../b',
    'https://web.run.app',
    'projects/demo/services/web',
    '/projects/demo/locations/us-central1/services/web',
    'projects/demo/locations/us-central1/services/web/',
    'namespaces/demo/services/web',
    'projects/a/locations/us-central1/services/web/revisions/x',
  ])('%j is not a full name', (text) => {
    expect(parseService(text)).toEqual({
      ok: false,
      faults: [
        {
          value: text,
          wrong: 'is not the full name of a service',
          advice: expect.stringContaining('`projects/PROJECT/locations/REGION/services/SERVICE`'),
        },
      ],
    });
  });

  test('every part of a full name is held to its own grammar', () => {
    const parsed = parseService('projects/12345/locations/mars-east1/services/Web');
    expect(parsed.ok ? [] : parsed.faults.map(({ wrong }) => wrong)).toEqual([
      'names a project that is a project number',
      'names a region that is in no part of the world that has regions',
      'names a service that is not a service name',
    ]);
  });

  test('an empty part of a full name is refused', () => {
    expect(parseService('projects//locations/us-central1/services/web')).toMatchObject({
      ok: false,
      faults: [{ wrong: 'names a project that is not a project ID' }],
    });
  });
});

describe('project', () => {
  test.each(['demo', 'my-project-123', 'example.com:my-project', 'a'.repeat(30)])(
    '%s is a project ID',
    (text) => {
      expect(parseProject(text)).toEqual({ ok: true, value: text });
    },
  );

  test.each([...HOSTILE, 'My-Project', 'a', 'demo-', '1demo', 'a'.repeat(31), 'x:y', ':demo'])(
    '%j is refused',
    (text) => {
      expect(parseProject(text)).toEqual({
        ok: false,
        faults: [
          {
            value: text,
            wrong: 'is not a project ID',
            advice: expect.stringContaining('PROJECT_ID'),
          },
        ],
      });
    },
  );

  test('a project number is told apart', () => {
    expect(parseProject('123456789012')).toMatchObject({
      ok: false,
      faults: [{ wrong: 'is a project number', advice: expect.stringContaining('project ID') }],
    });
  });
});

describe('tag', () => {
  test.each(['c', 'canary', 'c-1a2b3c', `t${'a'.repeat(42)}`])('%s is a tag', (text) => {
    expect(parseTag(text, 'web')).toEqual({ ok: true, value: text });
  });

  test.each([...HOSTILE.filter((text) => text.length < 100), 'Canary', '1canary', 'canary-'])(
    '%j is refused',
    (text) => {
      expect(parseTag(text, 'web')).toMatchObject({
        ok: false,
        faults: [
          {
            value: text,
            wrong: 'is not a traffic tag',
            advice: expect.stringContaining('`canary`'),
          },
        ],
      });
    },
  );

  test('tag and service together may have 46 characters', () => {
    expect(parseTag('a'.repeat(6), 's'.repeat(40)).ok).toBe(true);
    expect(parseTag('a'.repeat(7), 's'.repeat(40))).toMatchObject({
      ok: false,
      faults: [
        {
          wrong: 'is too long for this service',
          advice: expect.stringContaining('at most 6 characters'),
        },
      ],
    });
  });

  test('a service name without room for any tag is named as the reason', () => {
    expect(parseTag('a', 's'.repeat(46))).toMatchObject({
      ok: false,
      faults: [{ advice: expect.stringContaining('leaves no room') }],
    });
  });
});

test('no name that is taken can change a URL', () => {
  const parsers = [
    (text: string) => parseProject(text),
    (text: string) => parseRegion(text),
    (text: string) => parseTag(text, 'web'),
    (text: string) => {
      const parsed = parseService(text);
      return parsed.ok ? { ...parsed, value: parsed.value.service } : parsed;
    },
  ];
  const mutant = fc
    .tuple(
      fc.constantFrom('web', 'us-central1', 'demo'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutant), (text) => {
      for (const parse of parsers) {
        const parsed = parse(text);
        const name = parsed.ok ? parsed.value : 'web';
        expect(encodeURIComponent(name).replace('%3A', ':')).toBe(name);
        expect(name).not.toMatch(/^[.-]|\.\./);
      }
    }),
    { numRuns: 2000 },
  );
});
