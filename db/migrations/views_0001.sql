CREATE VIEW v_studies AS
SELECT
    study.study_instance_uid,
    study.status,
    study.status_reason,
    study.version,
    study.complete,
    study.patient_id,
    study.patient_name,
    study.accession_number,
    study.study_date,
    study.study_description,
    study.first_received_at,
    study.last_received_at,
    study.settled_at,
    (SELECT COUNT(*) FROM series WHERE series.study_id = study.id) AS series,
    (SELECT COUNT(*) FROM instance JOIN series ON series.id = instance.series_id
        WHERE series.study_id = study.id) AS instances,
    (SELECT COUNT(*) FROM finding WHERE finding.study_id = study.id AND finding.state = 'present'
        AND finding.version = (SELECT MAX(f.version) FROM finding f WHERE f.study_id = study.id)) AS signs_present,
    (SELECT COUNT(*) FROM finding WHERE finding.study_id = study.id AND finding.state IN ('present', 'absent')
        AND finding.version = (SELECT MAX(f.version) FROM finding f WHERE f.study_id = study.id)) AS signs_evaluable,
    (SELECT MAX(report.created_at) FROM report WHERE report.study_id = study.id) AS reported_at
FROM study;

CREATE VIEW v_series AS
SELECT
    study.study_instance_uid,
    series.series_instance_uid,
    series.modality,
    series.series_number,
    series.series_description,
    (SELECT COUNT(*) FROM instance WHERE instance.series_id = series.id) AS instances,
    stack.version,
    stack.number AS stack,
    stack.images,
    stack.contrast,
    stack.body_part,
    stack.plane,
    stack.confidence,
    stack.evidence,
    stack.analysis,
    stack.decision
FROM series
JOIN study ON study.id = series.study_id
LEFT JOIN stack ON stack.series_id = series.id
    AND stack.version = (SELECT MAX(s.version) FROM stack s WHERE s.series_id = series.id);

CREATE VIEW v_findings AS
SELECT
    study.study_instance_uid,
    finding.sign,
    measurement.region,
    measurement.side,
    finding.state,
    finding.confidence,
    MAX(CASE WHEN measurement.quantity = 'ratio' THEN measurement.value END) AS ratio,
    MAX(CASE WHEN measurement.quantity = 'z_score' THEN measurement.value END) AS z_score,
    CAST(finding.reasons AS VARCHAR) AS reasons,
    finding.software_version,
    finding.measured_at,
    finding.algorithm_name,
    finding.algorithm_version,
    finding.version
FROM finding
JOIN study ON study.id = finding.study_id
LEFT JOIN measurement ON measurement.finding_id = finding.id
WHERE finding.version = (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id)
GROUP BY
    study.study_instance_uid, finding.sign, measurement.position, measurement.region, measurement.side,
    finding.state, finding.confidence, CAST(finding.reasons AS VARCHAR), finding.software_version,
    finding.measured_at, finding.algorithm_name, finding.algorithm_version, finding.version;

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
    delivery.delivered_at
FROM report
JOIN study ON study.id = report.study_id
LEFT JOIN delivery ON delivery.report_id = report.id;

CREATE VIEW v_daily AS
SELECT
    days.day,
    (SELECT COUNT(*) FROM study WHERE utc_date(study.first_received_at) = days.day) AS studies,
    (SELECT COUNT(*) FROM instance WHERE utc_date(instance.received_at) = days.day) AS instances,
    (SELECT COALESCE(SUM(size_bytes), 0) FROM instance WHERE utc_date(instance.received_at) = days.day) AS bytes,
    (SELECT COUNT(*) FROM report WHERE utc_date(report.created_at) = days.day) AS reports,
    (SELECT COUNT(*) FROM delivery WHERE utc_date(delivery.delivered_at) = days.day) AS deliveries,
    (SELECT COUNT(*) FROM analysis
        WHERE analysis.status = 'failed' AND utc_date(analysis.started_at) = days.day) AS failed_analyses,
    (SELECT COUNT(*) FROM event
        WHERE event.what IN ('instance-refused', 'instance-quarantined') AND utc_date(event.at) = days.day)
        AS refused_instances
FROM (
    SELECT utc_date(study.first_received_at) AS day FROM study
    UNION SELECT utc_date(instance.received_at) FROM instance
    UNION SELECT utc_date(event.at) FROM event
) AS days;
