# A mean teacher that labels each batch of the second half; see
# configs/online_teacher.
ablation = dict(
    table='Beyond the paper',
    name='teacher on line',
    scales=['scenes'],
)

config = dict(
    custom_hooks=[
        dict(
            type='mmcuts3d.OnlineTeacherHook',
            begin=300,
            score_thr=0.5,
            momentum=0.01,
            strong=[dict(type='mmdet.PhotoMetricDistortion')],
        )
    ]
)
