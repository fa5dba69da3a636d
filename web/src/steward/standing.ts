// Who is at the page, and is what it shows up to date?

export interface Standing {
  who: string;
  role: string;
  stale: boolean;
}
