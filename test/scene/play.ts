/** A scene that is closed whatever happens on it. */
import { openScene, type Scene, type SceneOptions } from './scene.ts';

export async function withScene<T>(
  options: SceneOptions,
  act: (scene: Scene) => Promise<T>,
): Promise<T> {
  const scene = await openScene({ requestsPerSecond: 20, ...options });
  try {
    return await act(scene);
  } finally {
    await scene.close();
  }
}
