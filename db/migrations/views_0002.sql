CREATE VIEW v_events AS
SELECT
    study.study_instance_uid,
    event.id AS number,
    event.at,
    event.who,
    event.what,
    event.why,
    event.details
FROM event
LEFT JOIN study ON study.id = event.study_id;

CREATE VIEW v_analyses AS
SELECT
    study.study_instance_uid,
    analysis.version,
    analysis.name,
    analysis.status,
    analysis.attempts,
    analysis.error,
    analysis.software_version,
    analysis.started_at,
    analysis.finished_at
FROM analysis
JOIN study ON study.id = analysis.study_id;

CREATE VIEW v_measurements AS
SELECT
    study.study_instance_uid,
    finding.version,
    finding.sign,
    measurement.position,
    measurement.region,
    measurement.side,
    measurement.quantity,
    measurement.value,
    measurement.unit
FROM measurement
JOIN finding ON finding.id = measurement.finding_id
JOIN study ON study.id = finding.study_id
WHERE finding.version = (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id);

DROP VIEW v_daily;

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
    SELECT utc_date(created_at), 0, 0, 0, COUNT(*), 0, 0, 0 FROM report GROUP BY utc_date(created_at)
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
