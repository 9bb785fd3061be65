/** The directory part of a path, `.` when it has none. Paths are those of a Unix system. */
export function directoryOf(file: string): string {
  const slash = file.lastIndexOf('/');
  return slash === -1 ? '.' : slash === 0 ? '/' : file.slice(0, slash);
}

/** `path` itself when absolute, else below `directory`. */
export function resolvePath(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}
