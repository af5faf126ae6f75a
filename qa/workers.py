"""Who embeds a large corpus: threads of this process, processes, or a cluster."""

from embeddings import Encoder, OnnxEncoder, cores, open_encoder
from qa.bot import cache


def across(encoder: OnnxEncoder, workers: int | None, ray: str | None) -> Encoder:
    """An encoder that embeds passages with so many `workers`, on the cluster `ray` where named.

    With neither it is the encoder itself, with a thread a core. Vectors are the same in any case.
    """
    if workers is None and ray is None:
        return encoder
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


def open_here(name: str) -> OnnxEncoder:
    """A model by its name on the machine where this runs, for one processor.

    Its workers may all begin at once, and to prepare a model takes a gigabyte: one does it.
    """
    from filelock import FileLock

    models = cache() / "models"
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / "workers.lock"):
        return open_encoder(name, models, threads=1)
