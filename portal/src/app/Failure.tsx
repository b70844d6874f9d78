import { Component, type ReactNode } from "react";

type State = { readonly error: Error | undefined };

/** A view that breaks takes neither the page nor the way out with it. */
export class Failure extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="notice notice-bad" role="alert">
        <strong>This view has failed.</strong>
        <p>Nothing was sent. The other views work; this one may after a reload.</p>
        <pre>{error.message.slice(0, 500)}</pre>
        <button type="button" className="plain" onClick={() => this.setState({ error: undefined })}>
          Try again
        </button>
      </div>
    );
  }
}
