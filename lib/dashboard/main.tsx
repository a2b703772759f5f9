/** Starts the dashboard: asks for whom it is, and shows the sign-in or the views. Next: `shell/App.tsx`. */
import { render } from "preact";
import { applyTheme } from "../page/theme.ts";
import { Api } from "./api/api.ts";
import { App } from "./shell/App.tsx";
import { ownStorage } from "./storage.ts";

applyTheme(ownStorage);
const root = document.getElementById("app");
if (root === null) {
  throw new Error("Cannot show the dashboard: there is no element with the id 'app'");
}
render(<App api={new Api()} />, root);
