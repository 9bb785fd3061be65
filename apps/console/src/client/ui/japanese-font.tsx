'use client';

import { useEffect } from 'react';

/**
 * IBM Plex Sans JP is some hundred files, each fetched when one of its characters is on the page. Even their list is large, so
 * it is asked for after the page stands; until then the system's Japanese font serves.
 */
export function JapaneseFont() {
  useEffect(() => {
    void import('./japanese-font-faces.ts');
  }, []);
  return null;
}
