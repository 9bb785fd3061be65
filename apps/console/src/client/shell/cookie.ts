const YEAR_S = 31_536_000;

/** A preference that the server reads with the next page. Nothing secret goes here. */
export function setPreference(name: string, value: string): void {
  const secure = window.location.protocol === 'https:' ? '; secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is missing outside secure contexts, where a first start may be
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_S}; samesite=lax${secure}`;
}
