// A picture of few colours in other shades: every opaque pixel a share of the way to a tint, its form untouched.

const SHARE = 0.2;

/**
 * @param {Blob} picture
 * @param {string} tint "#rrggbb"
 * @returns {Promise<{picture: Blob, palette: string}>} the picture in its new colours, and these as the setting takes them
 */
export async function tinted(picture, tint) {
  const image = await createImageBitmap(picture);
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height);
  const towards = [1, 3, 5].map((place) => parseInt(tint.slice(place, place + 2), 16));
  const colours = new Set();
  for (let at = 0; at < pixels.data.length; at += 4) {
    if (pixels.data[at + 3] === 0) continue;
    const mixed = towards.map((value, channel) => Math.round((1 - SHARE) * pixels.data[at + channel] + SHARE * value));
    pixels.data.set(mixed, at);
    colours.add(`#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`);
  }
  context.putImageData(pixels, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return { picture: blob, palette: `[${[...colours].join(", ")}]` };
}
