-- Send every MR series to Betz, over one association, once no image of it has come for StableAge seconds.
-- What Betz returns is not MR (SR, SEG, OT) and so is never sent back to it; neither is anything it sent itself.

local BETZ = 'betz'          -- its key in DicomModalities
local BETZ_AE_TITLE = 'BETZ'

function OnStableSeries(series, tags, metadata)
   if tags['Modality'] == 'MR' and metadata['RemoteAET'] ~= BETZ_AE_TITLE then
      local job = { Resources = { series }, Asynchronous = true }
      RestApiPost('/modalities/' .. BETZ .. '/store', DumpJson(job, true))
   end
end
