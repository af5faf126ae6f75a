"""A SentenceTransformer as one torch module: token ids in, sentence and token vectors out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer


def two_outputs(transformer: "SentenceTransformer") -> "torch.nn.Module":
    """(b, n) token ids -> sentence vectors (b, dim), token vectors (b, n, dim); for inference.

    There is no mask, so the texts of a batch have the same number of tokens. A layer behind the
    pooling, which moves the sentence vector to other dimensions, moves the token vectors along:
    both are of one space. They are not of unit length where the model doesn't make them so.
    """
    import torch
    from sentence_transformers.sentence_transformer.modules import Dense, LayerNorm

    dim = transformer.get_embedding_dimension()

    class TwoOutputs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.modules_in_order = torch.nn.ModuleList(transformer)

        def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            features = self.modules_in_order[0]({"input_ids": input_ids})
            features["attention_mask"] = torch.ones_like(input_ids)
            pooled = False
            for module in list(self.modules_in_order)[1:]:
                if pooled and isinstance(module, Dense | LayerNorm):
                    tokens = module({"sentence_embedding": features["token_embeddings"]})
                    features["token_embeddings"] = tokens["sentence_embedding"]
                features = module(features)
                pooled = "sentence_embedding" in features
            return (
                features["sentence_embedding"][..., :dim],
                features["token_embeddings"][..., :dim],
            )

    return TwoOutputs().eval()
