// What CloudFront runs for each request to the API: the viewer's host, under a name that passes
// the gateway, which wants its own in Host. In place of what a viewer sends under this name.
function handler(event) {
  var request = event.request;
  request.headers["x-forwarded-host"] = { value: request.headers.host.value };
  return request;
}
