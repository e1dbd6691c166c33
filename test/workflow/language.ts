/**
 * GitHub's language service for workflows. It imports JSON as bundlers take it, without saying so, which
 * Node refuses: while it is loaded that is said for it.
 */
import { registerHooks } from 'node:module';

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('.json')
      ? next(specifier, { ...context, importAttributes: { type: 'json' } })
      : next(specifier, context),
  load: (url, context, next) =>
    url.endsWith('.json')
      ? next(url, { ...context, importAttributes: { type: 'json' } })
      : next(url, context),
});

export const { validate } = await import('@actions/languageservice');

hooks.deregister();
