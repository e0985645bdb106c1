"""What the networks of a hub say when their model is not there."""


def not_to_be_had(
    model: str, error: OSError, what: str = 'depth model', before: str = ''
) -> OSError:
    """An error that says how to place a model by hand.

    Args:
        model (str): Name or folder that was asked for.
        error (OSError): What the library raised.
        what (str): What the model is. Defaults to 'depth model'.
        before (str): A sentence on what to do first, such as to accept a
            licence. Defaults to ''.

    Returns:
        OSError: To be raised from ``error``.
    """
    reason = str(error).partition('\n')[0].rstrip('.')
    before = f'{before} ' if before else ''
    return OSError(
        f'The {what} {model!r} cannot be had: {reason}. {before}To place it '
        f'by hand, fetch all files of https://huggingface.co/{model} into a '
        'folder and give the folder as `model`.'
    )
