// The front page is a client of the public API like any other.
const shelf = document.getElementById("products");
const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

function entry(product) {
  const item = document.createElement("li");
  const picture = Object.assign(document.createElement("img"), { src: product.imageUrl1, alt: "" });
  const name = Object.assign(document.createElement("h2"), { textContent: product.name });
  const line = document.createElement("p");
  line.textContent = `${product.shortDescription} - ${money.format(product.price)}`;
  item.append(picture, name, line);
  return item;
}

try {
  const answer = await fetch("/products?limit=24");
  if (!answer.ok) throw new Error(String(answer.status));
  const { data } = await answer.json();
  shelf.replaceChildren(...data.map(entry));
} catch {
  shelf.textContent = "The shelves could not be fetched. Reload the page to try again.";
}
