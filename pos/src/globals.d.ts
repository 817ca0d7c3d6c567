/** The version of the app, from package.json when it is built. */
declare const __APP_VERSION__: string;
