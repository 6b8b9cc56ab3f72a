CREATE VIEW v_deliveries AS
SELECT
    study.study_instance_uid,
    report.version,
    report.sop_instance_uid,
    report.sop_class_uid,
    report.series_instance_uid,
    report.software_version,
    report.created_at,
    delivery.destination,
    delivery.status,
    delivery.attempts,
    delivery.next_attempt_at,
    delivery.last_outcome,
    delivery.delivered_at,
    report.kind,
    report.description
FROM report
JOIN study ON study.id = report.study_id
LEFT JOIN delivery ON delivery.report_id = report.id;

CREATE VIEW v_objects AS
SELECT
    study.study_instance_uid,
    report.version,
    report.kind,
    report.analysis,
    report.source_series_uid,
    report.description,
    report.sop_class_uid,
    report.sop_instance_uid,
    report.series_instance_uid,
    report.software_version,
    report.created_at
FROM report
JOIN study ON study.id = report.study_id;

CREATE VIEW v_daily AS
SELECT
    day,
    CAST(SUM(studies) AS BIGINT) AS studies,
    CAST(SUM(instances) AS BIGINT) AS instances,
    CAST(SUM(bytes) AS BIGINT) AS bytes,
    CAST(SUM(reports) AS BIGINT) AS reports,
    CAST(SUM(deliveries) AS BIGINT) AS deliveries,
    CAST(SUM(failed_analyses) AS BIGINT) AS failed_analyses,
    CAST(SUM(refused_instances) AS BIGINT) AS refused_instances
FROM (
    SELECT utc_date(first_received_at) AS day, COUNT(*) AS studies, 0 AS instances, 0 AS bytes, 0 AS reports,
        0 AS deliveries, 0 AS failed_analyses, 0 AS refused_instances
    FROM study GROUP BY utc_date(first_received_at)
    UNION ALL
    SELECT utc_date(received_at), 0, COUNT(*), SUM(size_bytes), 0, 0, 0, 0 FROM instance GROUP BY utc_date(received_at)
    UNION ALL
    SELECT utc_date(created_at), 0, 0, 0, COUNT(*), 0, 0, 0
    FROM report WHERE kind = 'sr' GROUP BY utc_date(created_at)
    UNION ALL
    SELECT utc_date(delivered_at), 0, 0, 0, 0, COUNT(*), 0, 0
    FROM delivery WHERE delivered_at IS NOT NULL GROUP BY utc_date(delivered_at)
    UNION ALL
    SELECT utc_date(started_at), 0, 0, 0, 0, 0, COUNT(*), 0
    FROM analysis WHERE status = 'failed' GROUP BY utc_date(started_at)
    UNION ALL
    SELECT utc_date(at), 0, 0, 0, 0, 0, 0,
        SUM(CASE WHEN what IN ('instance-refused', 'instance-quarantined') THEN 1 ELSE 0 END)
    FROM event GROUP BY utc_date(at)
) AS counted
GROUP BY day;
