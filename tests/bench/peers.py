"""The iterations that ours is compared with: V ~ H W by Kullback-Leibler multiplicative updates in
float32, each from a given start, for a given number of iterations.

Every function returns CPU seconds, H and W. scikit-learn is what people use; the other two are what
one writes oneself with three lines of algebra, here with every buffer reused.
"""

import time
import warnings

import numpy as np
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

FLOOR = np.float32(1e-24)


def scikit_learn(V, H, W, iterations):
    model = NMF(
        n_components=len(W),
        solver="mu",
        beta_loss="kullback-leibler",
        init="custom",
        tol=0,
        max_iter=iterations,
    )
    H, W = H.copy(), W.copy()
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        H = model.fit_transform(V, W=H, H=W)
    return time.process_time() - start, H, model.components_


def numpy(V, H, W, iterations):
    H, W, R = H.copy(), W.copy(), np.empty_like(V)
    start = time.process_time()
    for _ in range(iterations):
        np.matmul(H, W, out=R)
        np.divide(V, np.maximum(R, FLOOR, out=R), out=R)
        H *= (R @ W.T) / W.sum(axis=1)
        np.matmul(H, W, out=R)
        np.divide(V, np.maximum(R, FLOOR, out=R), out=R)
        W *= (H.T @ R) / H.sum(axis=0)[:, None]
    return time.process_time() - start, H, W


def torch(V, H, W, iterations):
    import torch as t

    t.set_num_threads(1)
    V, H, W = t.from_numpy(V), t.from_numpy(H.copy()), t.from_numpy(W.copy())
    R = t.empty_like(V)
    start = time.process_time()
    with t.no_grad():
        for _ in range(iterations):
            t.matmul(H, W, out=R)
            t.div(V, R.clamp_(min=float(FLOOR)), out=R)
            H *= t.matmul(R, W.T) / W.sum(1)
            t.matmul(H, W, out=R)
            t.div(V, R.clamp_(min=float(FLOOR)), out=R)
            W *= t.matmul(H.T, R) / H.sum(0)[:, None]
    return time.process_time() - start, H.numpy(), W.numpy()


ALL = {"scikit-learn": scikit_learn, "numpy": numpy, "torch": torch}
