import { render } from "preact";
render(<p>hi {location.href}</p>, document.body);
