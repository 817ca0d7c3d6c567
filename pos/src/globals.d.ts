/** The version of the app, from package.json when it is built. */
declare const __APP_VERSION__: string;

declare module 'gs1-barcode-parser-mod' {
  /** Throws a string that says what is wrong. */
  export function parseBarcode(code: string): { codeName: string; parsedCodeItems: { ai: string; data: unknown; unit: string }[] };
}
