import { useSyncExternalStore } from "react";

export const views = ["home", "requests", "grants", "data", "activity", "recovery", "developer", "operator"] as const;
export type ViewName = (typeof views)[number];

/** `rest` is what stands behind the view's name: a request that somebody has sent as a link. It never reaches a server. */
export type Route = { readonly view: ViewName; readonly rest: string };

/** Everything is behind the `#`: the page works below any path, and no server learns what is looked at. */
export function parseRoute(hash: string): Route {
  const [, name = "", rest = ""] = /^#\/?([a-z]*)(?:\/(.*))?$/s.exec(hash) ?? [];
  const view = views.find((each) => each === name) ?? "home";
  return { view, rest };
}

export const linkTo = (view: ViewName): string => (view === "home" ? "#/" : `#/${view}`);

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return parseRoute(hash);
}
