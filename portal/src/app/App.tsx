import { type ComponentType, lazy, Suspense, useEffect, useRef } from "react";
import { Home } from "../views/Home.tsx";
import { Banner } from "./Banner.tsx";
import { Failure } from "./Failure.tsx";
import { Header } from "./Header.tsx";
import { linkTo, useRoute, type ViewName } from "./route.ts";

/** Each view is loaded when it is first opened, and with it what it needs of the SDK. */
const loaded = {
  requests: lazy(async () => ({ default: (await import("../views/requests/Requests.tsx")).Requests })),
  grants: lazy(async () => ({ default: (await import("../views/grants/Grants.tsx")).Grants })),
  data: lazy(async () => ({ default: (await import("../views/data/Data.tsx")).Data })),
  activity: lazy(async () => ({ default: (await import("../views/activity/Activity.tsx")).Activity })),
  recovery: lazy(async () => ({ default: (await import("../views/recovery/Recovery.tsx")).Recovery })),
  developer: lazy(async () => ({ default: (await import("../views/developer/Developer.tsx")).Developer })),
  operator: lazy(async () => ({ default: (await import("../views/operator/Operator.tsx")).Operator })),
} satisfies Partial<Record<ViewName, unknown>>;

const titles: Readonly<Record<ViewName, string>> = {
  home: "Overview",
  requests: "Requests",
  grants: "Grants",
  data: "My data",
  activity: "Activity",
  recovery: "Recovery",
  developer: "For developers",
  operator: "For operators",
};
const own = ["home", "requests", "grants", "data", "activity", "recovery"] as const;
const others = ["developer", "operator"] as const;

export function App() {
  const { view } = useRoute();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = view === "home" ? "Persona" : `${titles[view]} · Persona`;
    // Who follows a link with the keyboard begins at the top of what it leads to; who opens the page begins at its top.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [view]);
  const View: ComponentType = view === "home" ? Home : loaded[view];
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <div className="frame">
        <Header />
        <Banner />
        <div className="side no-print">
          <nav aria-label="Views">
            {own.map((name) => (
              <NavLink key={name} name={name} current={view} />
            ))}
            <div className="apart">
              {others.map((name) => (
                <NavLink key={name} name={name} current={view} />
              ))}
            </div>
          </nav>
        </div>
        <main id="main" ref={main} tabIndex={-1}>
          <Failure key={view}>
            <Suspense fallback={<div className="skeleton" role="status" aria-label="Loading" />}>
              <View />
            </Suspense>
          </Failure>
        </main>
        <footer className="foot">
          <span>Times are in your zone: {Intl.DateTimeFormat().resolvedOptions().timeZone}.</span>
          <span>
            This page has no server and counts nobody. It talks to the chain, to guardians and to your stores.
          </span>
        </footer>
      </div>
      <div id="announcements" className="hidden-text" role="status" aria-live="polite" />
    </>
  );
}

function NavLink({ name, current }: { name: ViewName; current: ViewName }) {
  const link = useRef<HTMLAnchorElement>(null);
  const isCurrent = name === current;
  useEffect(() => {
    // On a phone the views stand in a row that is wider than the screen.
    const row = link.current?.closest("nav");
    if (!isCurrent || !row || row.scrollWidth <= row.clientWidth) return;
    row.scrollLeft = (link.current?.offsetLeft ?? 0) - row.clientWidth / 3;
  }, [isCurrent]);
  return (
    <a ref={link} href={linkTo(name)} aria-current={isCurrent ? "page" : undefined}>
      {titles[name]}
    </a>
  );
}
