/** The manifests of `deploy/kubernetes`. No cluster runs here: they are held against the types, and against a real server. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { readConfig } from "../../lib/configuration.ts";
import { run } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { figuresIn } from "../support/promtool.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

const FOLDER = `${ROOT}deploy/kubernetes`;

/** The modules of the types of what there is. */
const KINDS = {
  namespace: "v1/Namespace",
  settings: "v1/ConfigMap",
  deployment: "apps/v1/Deployment",
  service: "v1/Service",
  disruptions: "policy/v1/PodDisruptionBudget",
  autoscaler: "autoscaling/v2/HorizontalPodAutoscaler",
  ingress: "networking.k8s.io/v1/Ingress",
} as const;

type Name = keyof typeof KINDS;

const NAMES = Object.keys(KINDS) as Name[];

// deno-lint-ignore no-explicit-any -- a manifest is checked by its class, and then read as one knows it
const manifests: Record<Name, any> = Object.fromEntries(
  await Promise.all(
    NAMES.map(async (name) =>
      [name, parse(await Deno.readTextFile(`${FOLDER}/${name}.yaml`))] as const
    ),
  ),
) as Record<Name, unknown>;

const [container] = manifests.deployment.spec.template.spec.containers;

Deno.test("each manifest has the fields that Kubernetes knows and asks for, of the right types", async () => {
  const folder = await Deno.makeTempDir({ dir: `${ROOT}tests/recipes`, prefix: ".types-" });
  const text = NAMES.map((name) => {
    const type = KINDS[name].split("/").at(-1);
    return `import type { I${type} } from "kubernetes-models/${KINDS[name]}";\n` +
      `export const ${name}: I${type} = ${JSON.stringify(manifests[name])};\n`;
  }).join("");
  const broken = (from: string, to: string) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  };
  try {
    // Checked by one run, which reads all types once.
    const stderr = await check(folder, {
      all: text,
      misspelt: broken('"readinessProbe"', '"readynessProbe"'),
      missing: broken('"maxReplicas":12,', ""),
      wrong: broken('"minReadySeconds":10', '"minReadySeconds":"10"'),
    });
    const faultsIn = (name: string) =>
      stderr.split("\n\n").filter((fault) => fault.includes(`/${name}.ts:`)).join("\n\n");
    assert.equal(faultsIn("all"), "");
    assert.match(faultsIn("misspelt"), /readynessProbe/);
    assert.match(faultsIn("missing"), /maxReplicas/);
    assert.match(faultsIn("wrong"), /TS2322/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the kustomization has all of them", async () => {
  const { resources } = parse(await Deno.readTextFile(`${FOLDER}/kustomization.yaml`));
  const files = await Array.fromAsync(Deno.readDir(FOLDER), ({ name }) => name);
  assert.deepEqual(
    [...resources, "kustomization.yaml"].sort(),
    files.sort(),
  );
});

Deno.test("what belongs together names each other", () => {
  const { deployment, service, disruptions, autoscaler, ingress, settings } = manifests;
  const { labels } = deployment.spec.template.metadata;
  for (
    const selector of [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      disruptions.spec.selector.matchLabels,
    ]
  ) {
    assert.deepEqual(selector, labels);
  }
  assert.equal(autoscaler.spec.scaleTargetRef.name, deployment.metadata.name);
  const [{ backend }] = ingress.spec.rules[0].http.paths;
  assert.equal(backend.service.name, service.metadata.name);
  assert.equal(backend.service.port.name, service.spec.ports[0].name);
  const ports = container.ports.map(({ name }: { name: string }) => name);
  assert.ok(ports.includes(service.spec.ports[0].targetPort));
  assert.deepEqual(
    container.envFrom.map(({ configMapRef, secretRef }: Record<string, { name: string }>) =>
      (configMapRef ?? secretRef)?.name
    ),
    [settings.metadata.name, "notifyli"],
  );
});

Deno.test("the settings exist, and a stop has the time that it takes", () => {
  const { config, warnings } = readConfig({
    ...manifests.settings.data,
    ...{ APP_KEY, APP_HOST: "0.0.0.0" },
  });
  assert.deepEqual(warnings, []);
  const { drainSeconds, shutdownSeconds } = config.listeners;
  const { terminationGracePeriodSeconds } = manifests.deployment.spec.template.spec;
  assert.ok(terminationGracePeriodSeconds > drainSeconds + shutdownSeconds);
  // A third of the drain is for balancers, which look at the probe.
  const { periodSeconds, failureThreshold, timeoutSeconds } = container.readinessProbe;
  assert.ok(periodSeconds * failureThreshold + timeoutSeconds < drainSeconds / 3);
  const { metric, target } = manifests.autoscaler.spec.metrics[0].pods;
  assert.equal(metric.name, "notifyli_clients");
  assert.ok(Number(target.averageValue) > 0);
});

Deno.test("a server answers the probes, and the metrics' address has what the autoscaler asks for", async () => {
  const { annotations } = manifests.deployment.spec.template.metadata;
  const port = annotations["prometheus.io/port"];
  assert.equal(manifests.settings.data["APP_METRICS_ADDRESS"], `0.0.0.0:${port}`);
  assert.ok(
    container.ports.some(({ containerPort }: { containerPort: number }) =>
      String(containerPort) === port
    ),
  );
  const APP_METRICS_ADDRESS = `127.0.0.1:${freePort()}`;
  await using server = await Program.start({
    env: { ...manifests.settings.data, APP_METRICS_ADDRESS, APP_KEY },
  });
  for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    const { path, port } = container[probe].httpGet;
    assert.equal(port, "http");
    const response = await fetch(`${server.url}${path}`);
    await response.body?.cancel();
    assert.equal(response.status, 200, probe);
  }
  const path = annotations["prometheus.io/path"];
  const asked = async () => {
    const figures = figuresIn(await (await fetch(`http://${APP_METRICS_ADDRESS}${path}`)).text());
    const { metric } = manifests.autoscaler.spec.metrics[0].pods;
    return figures.find(({ name }) => name === metric.name)?.value;
  };
  assert.equal(await asked(), 0, "a pod that nobody came to yet");
  await using _client = await TestClient.connectWithToken(
    server.webSocketUrl,
    await connectionToken({ sub: "1" }),
  );
  assert.equal(await asked(), 1);
});

/** Resolves with what the type checker finds in the files, each by its name. */
async function check(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}.ts`, text);
    paths.push(`${folder}/${name}.ts`);
  }
  const command = [Deno.execPath(), "check", "--cached-only", "--quiet", ...paths];
  return (await run(command, { env: { NO_COLOR: "1" } })).stderr;
}
