export type UrlFor = (service: string, tag: string | null) => Promise<string>;

export type LinkBook = {
  readonly open: (service: string, tags: readonly string[]) => Promise<void>;
  readonly url: (service: string, tag: string | null) => string;
};

/** Addresses take time to open, and the model must not wait: they are opened before a write. */
export function createLinks(urlFor: UrlFor): LinkBook {
  const urls = new Map<string, string>();
  const key = (service: string, tag: string | null) => `${tag ?? ''}/${service}`;
  return {
    open: async (service, tags) => {
      for (const tag of [null, ...tags]) {
        if (!urls.has(key(service, tag))) urls.set(key(service, tag), await urlFor(service, tag));
      }
    },
    url: (service, tag) => {
      const url = urls.get(key(service, tag));
      if (url === undefined) throw new Error(`No address was opened for ${key(service, tag)}.`);
      return url;
    },
  };
}
