# A mean teacher that labels each batch of the second half; see
# configs/online_teacher.
ablation = dict(
    table='Beyond the paper',
    name='teacher on line',
    variant='teacher',
    scales=['scenes'],
)
