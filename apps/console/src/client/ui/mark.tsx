/** The herd that looks like one elephant: three nested arches, the outermost with a trunk. From 20 px on. */
export function Mark({ size = 22 }: { readonly size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} fill="none" stroke="currentColor" aria-hidden="true">
      <path strokeWidth="4" d="M29 28V17a11 11 0 0 0-22 0v5.5a3.5 3.5 0 0 1-3.5 3.5H2" />
      <path
        strokeWidth="2.4"
        d={
          size < 20
            ? 'M24.2 28V17.2a6.2 6.2 0 0 0-12.4 0V28'
            : 'M24.2 28V17.2a6.2 6.2 0 0 0-12.4 0V28M20.4 28V17.6a2.4 2.4 0 0 0-4.8 0V28'
        }
      />
    </svg>
  );
}
