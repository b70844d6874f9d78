/** What is being read, in the place and about the size of what will be there. */
export const Pending = ({ what }: { what: string }) => (
  <div className="skeleton" role="status" aria-label={`Reading ${what}`} />
);
