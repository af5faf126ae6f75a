"""Who embeds a large corpus: a GPU, threads of this process, processes, or a cluster."""

from embeddings import Encoder, OnnxEncoder, cores, open_encoder
from qa.errors import UsageError
from qa.folders import cache

CPU = "cpu"


def across(
    encoder: OnnxEncoder,
    workers: int | None = None,
    ray: str | None = None,
    device: str | None = None,
) -> Encoder:
    """An encoder that embeds passages with so many `workers`, on the cluster `ray` where named,
    or on the `device` that torch knows by this name.

    With none of them it is a GPU where torch sees one and there is much to embed, else the
    encoder itself, with a thread a core; which is what the device "cpu" means, too. Vectors are
    the same in any case but on a GPU, which runs the model in 32 bits.

    Raises:
        UsageError: a device is named beside workers.
        EmbeddingsError: torch cannot use the device, or there is no such cluster.
    """
    if workers is None and ray is None:
        return encoder if device == CPU else _accelerated(encoder, device)
    if device not in (None, CPU):
        raise UsageError(
            f"--workers and --ray embed on processors, --device {device} does not; "
            "leave one of them out"
        )
    from embeddings.parallel import ParallelEncoder, Workers

    if ray is not None:
        from embeddings.cluster import check

        check(ray)  # rather than after an hour of reading

    def start() -> Workers:
        if ray is not None:
            from embeddings.cluster import Cluster

            return Cluster(open_here, encoder.name, encoder.digest, ray, workers)
        from embeddings.processes import Processes, command

        count = workers or 1
        threads = max(1, cores() // count)
        return Processes(command(encoder.name, cache() / "models", threads), encoder.digest, count)

    return ParallelEncoder(encoder, start)


def _accelerated(encoder: OnnxEncoder, device: str | None) -> Encoder:
    from embeddings.accelerated import AcceleratedEncoder, check
    from embeddings.prepare import original

    if device is not None:
        check(device)  # rather than after an hour of reading
    return AcceleratedEncoder(encoder, lambda: original(encoder), device)


def open_here(name: str) -> OnnxEncoder:
    """A model by its name on the machine where this runs, for one processor.

    Its workers may all begin at once, and to prepare a model takes a gigabyte: one does it.
    """
    from filelock import FileLock

    models = cache() / "models"
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / "workers.lock"):
        return open_encoder(name, models, threads=1)
