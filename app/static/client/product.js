/** Products, from the API's form to the pages': prices in cents, pictures as a list. */

/** @import { Product } from "./types.js" */

/**
 * A product as the API answers it.
 * @typedef {object} ProductAnswer
 * @property {string} id
 * @property {string} name
 * @property {string} shortDescription
 * @property {string} description
 * @property {number} price
 * @property {string} imageUrl1
 * @property {string} imageUrl2
 * @property {string} imageUrl3
 * @property {string[]} tags
 * @property {string} [sku]
 * @property {string} [barcode]
 */

/** @param {ProductAnswer} answer @returns {Product} */
export const toProduct = ({
  shortDescription,
  price,
  imageUrl1,
  imageUrl2,
  imageUrl3,
  sku = "",
  barcode = "",
  ...same
}) => ({
  ...same,
  about: shortDescription,
  cents: Math.round(price * 100),
  image: imageUrl1,
  images: [imageUrl1, imageUrl2, imageUrl3].filter(Boolean),
  sku,
  barcode,
});
