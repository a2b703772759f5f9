/** What `/readyz` says. */
export async function readiness(url: string): Promise<{ status: number; reason: string }> {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, reason: String((await answer.json()).reason) };
}
