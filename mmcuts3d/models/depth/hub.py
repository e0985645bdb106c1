"""What both hubs of depth networks say when a model is not there."""


def not_to_be_had(model: str, error: OSError) -> OSError:
    """An error that says how to place a model by hand.

    Args:
        model (str): Name or folder that was asked for.
        error (OSError): What the library raised.

    Returns:
        OSError: To be raised from ``error``.
    """
    reason = str(error).partition('\n')[0].rstrip('.')
    return OSError(
        f'The depth model {model!r} cannot be had: {reason}. To place it by '
        f'hand, fetch all files of https://huggingface.co/{model} into a '
        'folder and give the folder as `model`.'
    )
