/** Where images come from. */
import type * as k8s from "@pulumi/kubernetes";
import type { Images } from "../config/schema/platform";
import { unlessEmpty } from "./lists";

/** The image as this cluster pulls it: the registry of its name replaced, the path kept as written. */
export function imageName(image: string, { registry }: Images): string {
  if (registry === undefined) return image;
  const [first = "", ...rest] = image.split("/");
  const namesRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return `${registry}/${namesRegistry ? rest.join("/") : image}`;
}

/** The image's tag as a label value, at most 63 characters; nothing for an image with a digest alone. */
export function imageVersion(image: string): string | undefined {
  const tag = /:([^/:@]+)$/.exec(image.replace(/@.*$/, ""))?.[1];
  // a tag may begin and end with what a label may not
  const label = tag
    ?.replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 63)
    .replace(/[^A-Za-z0-9]+$/, "");
  return label === "" ? undefined : label;
}

/** The pod's `imagePullSecrets`. */
export function pullSecrets(images: Images): k8s.types.input.core.v1.LocalObjectReference[] | undefined {
  return unlessEmpty(images.pullSecrets.map((name) => ({ name })));
}
