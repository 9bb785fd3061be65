/** The cluster that something is about. */
export interface ClusterRef {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly environment: string;
}
