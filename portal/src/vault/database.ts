/** What the page keeps in this browser, by chain: sealed records, keystores, requests that wait. */
const stores = ["keystores", "sealed", "requests"] as const;
type StoreName = (typeof stores)[number];

const opened = new Map<number, Promise<IDBDatabase>>();

function open(chainId: number): Promise<IDBDatabase> {
  const known = opened.get(chainId);
  if (known !== undefined) return known;
  const database = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(`persona-portal-${chainId}`, 1);
    request.onupgradeneeded = () => {
      for (const name of stores) request.result.createObjectStore(name);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab holds an older version of this page's data: close it"));
  });
  opened.set(chainId, database);
  database.catch(() => opened.delete(chainId));
  return database;
}

async function run<T>(
  chainId: number,
  name: StoreName,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open(chainId);
  return new Promise((resolve, reject) => {
    // On the disk before it is called done: a record that is lost with the power loses a dataset's names.
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser did not keep it"));
  });
}

export const readKept = (chainId: number, name: StoreName, key: string): Promise<unknown> =>
  run(chainId, name, "readonly", (store) => store.get(key));
export const readAllKept = (chainId: number, name: StoreName): Promise<readonly unknown[]> =>
  run(chainId, name, "readonly", (store) => store.getAll());
export const keep = async (chainId: number, name: StoreName, key: string, value: unknown): Promise<void> => {
  await run(chainId, name, "readwrite", (store) => store.put(value, key));
};
export const letGo = async (chainId: number, name: StoreName, key: string): Promise<void> => {
  await run(chainId, name, "readwrite", (store) => store.delete(key));
};
