/** Which images may run: pinned ones, from places that are named. */
import type { PolicyObject } from "./typed-objects";
import { containersOf, podsOf } from "./pod-templates";
import type { Finding, ObjectRule } from "./policy-rule";

/** Tags that are moved to another image from time to time. */
const MOVING_TAGS = ["latest", "stable", "edge", "nightly", "main", "master"];
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Every image has a tag that stays, or a digest. */
export const pinnedImages: ObjectRule = {
  name: "pinned-images",
  why: "An image under a moving tag is another one tomorrow, and pods of one revision then differ.",
  scope: "object",
  check: (object) =>
    images(object).flatMap(({ container, image }): Finding[] => {
      const { tag, digest } = parseImage(image);
      const isPinned = digest === undefined ? tag !== undefined && !MOVING_TAGS.includes(tag) : DIGEST.test(digest);
      if (isPinned) return [];
      return [
        {
          object,
          fact: `runs an image without a fixed tag or a digest in container ${container}`,
          instead: "Name a version, at best with its digest: <repository>:<version>@sha256:<digest>.",
        },
      ];
    }),
};

/** Every image comes from a registry and folder on the list. */
export const registryAllowList: ObjectRule = {
  name: "registry-allow-list",
  why: "An image is code: it comes only from where somebody answers for it.",
  scope: "object",
  check: (object, { registries }) =>
    images(object)
      .filter(({ image }) => !registries.some((prefix) => qualified(image).startsWith(prefix)))
      .map(({ container }) => ({
        object,
        fact: `runs an image from outside the allowed registries in container ${container}`,
        instead: `Take it from one of these, or add its place to the setting 'registries' of the policy: ${registries.join(", ")}.`,
      })),
};

function images(object: PolicyObject): { readonly container: string; readonly image: string }[] {
  const containers = podsOf(object).flatMap(containersOf);
  return containers.map(({ name, image }) => ({ container: name, image: image ?? "" }));
}

/** Tag and digest of an image name; a port of the registry is no tag. */
export function parseImage(image: string): { readonly tag: string | undefined; readonly digest: string | undefined } {
  const [repository = "", digest] = image.split("@", 2);
  return { tag: /:([^/:]+)$/.exec(repository)?.[1], digest };
}

/** The name with the registry and folder that a container runtime adds: `nats` is `docker.io/library/nats`. */
export function qualified(image: string): string {
  const [first = "", ...rest] = image.split("/");
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === "localhost" ? image : `docker.io/${image}`;
}
