// Parts of Swagger UI that assistive technology could not make sense of, rendered otherwise.
const accessible = ({ React }) => {
  const PlainText = ({ text }) => React.createElement("span", null, text);

  // Swagger UI's own layout has a main part, which the page has already.
  const ReferenceLayout = ({ specSelectors, getComponent }) => {
    const part = (name) => React.createElement(getComponent(name, true));
    const box = (className, ...children) => React.createElement("div", { className }, ...children);
    const status = specSelectors.loadingStatus();
    if (status !== "success") {
      const text = status === "loading" ? "Loading …" : "The description of the API could not be loaded.";
      return React.createElement("p", { role: "status" }, text);
    }
    return box(
      "swagger-ui",
      React.createElement(getComponent("SvgAssets")),
      box("information-container wrapper", part("InfoContainer")),
      box("scheme-container", box("schemes wrapper", part("ServersContainer"), part("AuthorizeBtnContainer"))),
      box("wrapper", box("block col-12", part("operations"))),
      box("wrapper", box("block col-12", part("Models"))),
    );
  };

  return {
    components: { ReferenceLayout },
    wrapComponents: {
      // A link in the button that unfolds an operation cannot be reached; unfolding sets the address as well.
      OperationSummaryPath: (Original) => (props) =>
        React.createElement(Original, {
          ...props,
          getComponent: (name, ...more) => (name === "DeepLink" ? PlainText : props.getComponent(name, ...more)),
        }),
    },
  };
};

// What takes no attributes from outside gets them once it is there.
const ATTRIBUTES = [
  ["#servers", { "aria-label": "Server" }],
  [".examples-select-element", { "aria-label": "Example" }],
  [".body-param__text", { "aria-label": "Request body" }],
  [".microlight", { tabindex: "0" }],
  [".info .title", { "aria-level": "2" }],
  [".close-modal", { "aria-label": "Close" }],
  [".auth-container h6", { "aria-level": "5" }],
];
const reference = document.getElementById("reference");
new MutationObserver(() => {
  for (const [selector, attributes] of ATTRIBUTES) {
    for (const node of reference.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    }
  }
}).observe(reference, { childList: true, subtree: true });

// Examples cannot hold tokens: what stands for one is sent as that of the last login, which all other requests carry, too.
const TOKEN_PLACES = /"(access_token|refresh_token)":\s*"<JWT>"/g;
const TOKEN_ANSWERS = ["/login", "/refresh-token", "/change-password"];
let tokens = {};

const keepTokens = (response) => {
  if (response.ok && TOKEN_ANSWERS.includes(new URL(response.url).pathname)) {
    tokens = response.obj;
    ui.preauthorizeApiKey("bearer", tokens.access_token);
  }
  return response;
};

const fillInTokens = (request) => {
  if (typeof request.body === "string") {
    request.body = request.body.replace(TOKEN_PLACES, (place, field) =>
      tokens[field] ? JSON.stringify({ [field]: tokens[field] }).slice(1, -1) : place,
    );
  }
  return request;
};

// Everything comes from this host: no validator badge, no fonts, no analytics.
const ui = window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  plugins: [accessible],
  layout: "ReferenceLayout",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: fillInTokens,
  responseInterceptor: keepTokens,
});
