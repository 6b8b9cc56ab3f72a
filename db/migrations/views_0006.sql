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
    report.description,
    delivery.commitment,
    delivery.commitment_asks,
    delivery.commitment_due_at,
    delivery.committed_at
FROM report
JOIN study ON study.id = report.study_id
LEFT JOIN delivery ON delivery.report_id = report.id;
